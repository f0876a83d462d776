# Children.pm: the processes of a test at random moments: start them, wait for them, and leave none behind.
package Children;
use strict;
use warnings;
use Exporter 'import';
use POSIX ();
our @EXPORT = qw(spawn logsink reap slurp);

my @running;

END {
	local $?;
	kill KILL => @running if @running;
}

# spawn(CODE): run it in a process of its own; returns the process id.
sub spawn {
	my $code = shift;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		@running = ();
		$code->();
		POSIX::_exit(0);
	}
	push @running, $pid;
	return $pid;
}

# logsink(IN, ERR, ARG...): $LOGSINK in the background; returns its process id.
sub logsink {
	my ($in, $err, @args) = @_;
	return spawn(sub {
		open STDIN, '<&', $in or POSIX::_exit(126);
		open STDERR, '>', $err or POSIX::_exit(126);
		exec $ENV{LOGSINK}, @args or POSIX::_exit(127);
	});
}

# reap(PID): wait for its end; its status as a shell would say it.
sub reap {
	my $pid = shift;
	waitpid($pid, 0) == $pid or die "waitpid: $!";
	@running = grep { $_ != $pid } @running;
	return $? & 127 ? 128 + ($? & 127) : $? >> 8;
}

sub slurp {
	my $path = shift;
	open my $file, '<', $path or die "$path: $!";
	local $/;
	return scalar(<$file>) // '';
}

1;

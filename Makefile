# logsink: lines from standard input into daily files.
#
#   make                 build/release/logsink and logsink-cat; needs a C11 compiler, pkg-config,
#                        libev, zstd, zlib, pcre2, seccomp
#   make static          build/static/logsink, which needs no library where it runs
#   make ship            build/release/logsink-ship; needs librdkafka too
#   make all-programs    all three
#   make demo            install what is missing, build, log a listing of /usr, show and verify it
#   make check           install what is missing, build, run all tests   (TESTS='tests/roll.bats')
#   make check-san       unit tests and quick tests under address, undefined and thread sanitizer
#   make check-valgrind  unit tests and some runs of the program under valgrind
#   make check-faults    the fault suite, as root: real faults      (SAN=address UNDER=valgrind)
#   make check-container the static program, alone and in containers by podman, as root
#   make check-package   the Debian package in fresh systems: built, installed, used, purged; as root
#   make inject          let each system call fail with each errno; takes minutes     (INJECT='--only=write')
#   make soak            random faults, every line accounted for       (SECONDS=60 SEED=random)
#   make storm           many COMMANDs, one after the other, at once, and ended by signals
#   make peers           two tables of what other log programs, and other programs that run a
#                        COMMAND, fail, beside us, as root
#   make fuzz            random input for what reads lines, with clang       (SECONDS=60, of each)
#   make lint            whatever needs no test: headers, arrows, man page, scripts, format, analysis
#   make check-instructions   instructions per line against tests/bench/baseline, under valgrind
#   make bench           speed and memory beside cat and other log programs, as a table and drawn;
#                        under ten minutes                          (BENCH=--rows=bulk-tmpfs,tee)
#   make bench-quick     a rough answer in one minute
#   make bench-keep      the last result into tests/bench/measured, for README.md, and its table
#   make completions     completions/, for the shells, from --help and the man page
#   make install         to $(DESTDIR)$(PREFIX), /usr/local unless told otherwise
#   make install-strip   the same, without debugging information
#   make uninstall       remove what install put there
#   make dist            build/dist/logsink-VERSION.tar.xz, the same bytes from the same commit
#   make clean           remove build/
#   make help            print this
#
#   SAN=address|undefined|thread   a build of that kind, in a directory of its own
#   WERROR=1                       a warning ends the build
#   STATIC=1                       what `make static` sets
#   V=1                            show the commands
#   BUILD=DIR                      build in DIR, not in build/release or build/$(SAN)
#   SETUP=:                        demo, check, lint, bench, peers...: install nothing
#   CC CPPFLAGS CFLAGS LDFLAGS LDLIBS PKG_CONFIG are yours: never assigned here, they come behind
#   our own flags. A change of any of them rebuilds.

VERSION := 0.1.0

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec
MANDIR ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR  ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
SAN    ?=
STATIC ?=
BUILD  ?= build/$(or $(SAN),release)
SETUP  ?= .ci/setup
TESTS  ?=
SECONDS ?= 60

# What is installed, each with a man page and completions; logsink-ship only if it was built:
# `make all-programs install`.
programs := logsink logsink-cat logsink-ship
# What programs share is one archive; src/logsink and src/logsink-* are the programs.
shared  := $(patsubst %.c,$(BUILD)/%.o,$(filter-out src/logsink/% src/logsink-%,$(wildcard src/*/*.c)))
program := $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/logsink/*.c))
cat     := $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/logsink-cat/*.c))
shipper := $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/logsink-ship/*.c))
archive := $(BUILD)/liblogsink.a
# The rooms of logsink-ship for its unit tests, which need no librdkafka.
ship_archive := $(BUILD)/liblogsink-ship.a
units   := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/*_test.c))
fuzzers := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/fuzz/*_fuzz.c))
quiet    = $(if $(V),,@echo "  $1 $@";)
sub      = +@$(MAKE) --no-print-directory

# Ours; each is followed by yours, which thus has the last word.
warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wswitch-enum -Wformat=2 -Wvla -Wundef $(if $(WERROR),-Werror)
sanitize := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# Not where glibc would warn of it (-O0), where the sanitizers see more, or where you have your own.
fortify  := $(if $(SAN)$(filter -O0,$(CFLAGS))$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,\
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
static   := $(or $(STATIC),$(filter -static -static-pie,$(LDFLAGS)))
cppflags := -D_GNU_SOURCE -DLOGSINK_VERSION='"$(VERSION)"' $(if $(static),-DLOGSINK_STATIC) -Isrc $(fortify)
# No binary names the directory that it was built in.
cflags   := -std=c11 -O2 -g '-ffile-prefix-map=$(CURDIR)=.' $(warnings) -fstack-protector-strong -fPIE -pthread $(sanitize)
ldflags  := -pthread $(sanitize) $(if $(STATIC),-static-pie,$(if $(static),,-pie)) -Wl,-z,relro,-z,now

# libev by pkg-config where that knows it, by the compiler's own search path where not. These
# stay unexpanded until something is compiled, so `make clean` asks for nothing.
pkg_config = $(or $(PKG_CONFIG),pkg-config)$(if $(static), --static)
ev_cflags  = $(eval ev_cflags := $$(shell $$(pkg_config) --cflags libev 2>/dev/null))$(ev_cflags)
ev_libs    = $(eval ev_libs := $$(or $$(shell $$(pkg_config) --libs libev 2>/dev/null),-lev))$(ev_libs)

packages   := libzstd zlib libpcre2-8 libseccomp
pkg_cflags = $(eval pkg_cflags := $$(shell $$(pkg_config) --cflags $(packages)))$(pkg_cflags)
pkg_libs   = $(eval pkg_libs := $$(shell $$(pkg_config) --libs $(packages)))$(pkg_libs)

# Only logsink-ship is linked with this.
rdkafka_cflags = $(eval rdkafka_cflags := $$(shell $$(pkg_config) --cflags rdkafka))$(rdkafka_cflags)
rdkafka_libs   = $(eval rdkafka_libs := $$(shell $$(pkg_config) --libs rdkafka))$(rdkafka_libs)

more_cflags =
more_libs =

compile = $(CC) $(cppflags) $(ev_cflags) $(pkg_cflags) $(more_cflags) $(CPPFLAGS) $(cflags) $(CFLAGS)
link    = $(CC) $(cflags) $(CFLAGS) $(ldflags) $(LDFLAGS)
libs    = $(more_libs) $(ev_libs) $(pkg_libs) $(LDLIBS)
export CC CPPFLAGS CFLAGS LDFLAGS LDLIBS PKG_CONFIG

.PHONY: all ship all-programs tests static demo check check-san check-valgrind check-faults check-container check-package check-units check-instructions \
	inject soak storm peers fuzz fuzzers lint bench bench-quick bench-keep completions dist install install-strip uninstall clean help FORCE
.DELETE_ON_ERROR:

all: $(BUILD)/logsink $(BUILD)/logsink-cat $(BUILD)/linebuffered.so
ship: $(BUILD)/logsink-ship
all-programs: all ship
tests: all-programs $(BUILD)/logsink-fake $(BUILD)/logsink-held $(BUILD)/mock-kafka $(units)

$(archive): $(shared)
	@rm -f $@
	$(call quiet,ar  )$(AR) rcs $@ $^

$(BUILD)/logsink: $(program) $(archive)
$(BUILD)/logsink-cat: $(cat) $(archive)
# The same program, but its time comes from the file that LOGSINK_CLOCK names, and it compresses
# at once, however busy the machine is.
$(BUILD)/logsink-fake: $(program) $(addprefix $(BUILD)/tests/fake/,clock.o eager.o) $(archive)
# The same program, but it stops before main, to be looked at or continued.
$(BUILD)/logsink-held: $(program) $(BUILD)/tests/fake/held.o $(archive)
# These have the clock of logsink-fake, too, and compress at once.
$(patsubst %,$(BUILD)/unit/%_test,compressor hook keeper): $(addprefix $(BUILD)/tests/fake/,clock.o eager.o)
# For --line-buffered: loaded into other programs, so with no library and no sanitizer of ours.
$(BUILD)/linebuffered.so: preload/linebuffered.c $(BUILD)/flags
	$(call quiet,link)$(CC) $(CPPFLAGS) -std=c11 -O2 $(warnings) $(CFLAGS) -fPIC -fno-stack-protector \
		-shared -nostdlib $(filter-out -static -static-pie,$(LDFLAGS)) -o $@ $<
# For the tests in containers, which have no shell.
$(BUILD)/app: $(BUILD)/tests/container/app.o
$(units): $(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(filter-out %/main.o,$(program)) $(ship_archive) $(archive)

$(BUILD)/logsink-ship: $(shipper) $(archive)
# Kafka's protocol without Kafka, for tests.
$(BUILD)/mock-kafka: $(BUILD)/tests/tools/mock-kafka.o
$(BUILD)/logsink-ship $(BUILD)/mock-kafka: private more_libs = $(rdkafka_libs)
$(shipper) $(BUILD)/tests/tools/mock-kafka.o: private more_cflags = $(rdkafka_cflags)
$(shipper) $(BUILD)/tests/tools/mock-kafka.o: $(BUILD)/ship-flags

# Whenever the flags are new, see that librdkafka is there.
$(BUILD)/ship-flags: $(BUILD)/flags
	@.ci/setup --explain ship && touch $@

$(ship_archive): $(filter-out %/main.o,$(shipper))
	@rm -f $@
	$(call quiet,ar  )$(AR) rcs $@ $^

$(BUILD)/logsink $(BUILD)/logsink-cat $(BUILD)/logsink-fake $(BUILD)/logsink-held \
		$(BUILD)/logsink-ship $(BUILD)/app $(BUILD)/mock-kafka $(units) $(fuzzers): $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,link)$(link) -o $@ $(filter %.o %.a,$^) $(libs)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,cc  )$(compile) -MMD -MP -c -o $@ $<

-include $(wildcard $(BUILD)/src/*/*.d $(BUILD)/tests/*/*.d)

# What everything here was built with. Whenever that is new, see first that it can work.
$(BUILD)/flags: export flags_now = $(pkg_config) ; $(compile) ; $(link) $(libs)
$(BUILD)/flags: FORCE
	@printf '%s\n' "$$flags_now" | cmp -s - $@ || \
	{ .ci/setup --explain build && mkdir -p $(@D) && printf '%s\n' "$$flags_now" >$@; }

static:
	@$(SETUP) build static
	$(sub) STATIC=1 BUILD=build/static all
	@tests/lint/static build/static/logsink

demo:
	@$(SETUP) build
	$(sub) all
	@tests/demo $(BUILD)/logsink build/demo

check:
	@$(SETUP) build test $(if $(SAN),san)
	$(sub) tests
	@TESTS='$(TESTS)' tests/run $(BUILD)

sanitizers := address undefined thread
check-san:
	@$(SETUP) build test san
	@set -e; for s in $(sanitizers); do $(MAKE) --no-print-directory SAN=$$s BUILD=build/$$s tests; done
	@TESTS='$(TESTS)' tests/run --quick $(addprefix build/,$(sanitizers))

# For packages, which are built where no other tools of the tests are.
check-units: $(units)
	@set -e; for unit in $(units); do echo "# $$unit"; $$unit; done

check-valgrind:
	@$(SETUP) build test
	$(sub) tests
	@tests/run --valgrind $(BUILD)

check-faults:
	@$(SETUP) build test $(if $(SAN),san)
	$(sub) tests
	@TESTS='$(TESTS)' tests/run --faults $(BUILD)

check-container: static
	@$(SETUP) test container
	$(sub) STATIC=1 BUILD=build/static build/static/app
	@TESTS='$(TESTS)' tests/container/run build/static/logsink

check-package: dist
	@SETUP='$(SETUP)' TESTS='$(TESTS)' tests/package/run build/dist/logsink-$(VERSION).tar.xz

check-instructions:
	@$(SETUP) build test
	$(sub) all
	@tests/bench/instructions $(BUILD)/logsink

inject:
	@$(SETUP) build test $(if $(SAN),san)
	$(sub) tests
	@tests/faults/inject $(INJECT) $(BUILD)

soak:
	@$(SETUP) build test $(if $(SAN),san)
	$(sub) tests
	@tests/soak --seconds=$(SECONDS) --seed=$(SEED) $(BUILD)

peers:
	@$(SETUP) build test peers
	$(sub) all
	@tests/peers $(BUILD)
	@tests/runners $(BUILD)

storm:
	@$(SETUP) build test
	$(sub) all
	@tests/storm $(BUILD)

fuzz:
	@$(SETUP) build fuzz
	$(sub) CC=clang SAN=fuzzer-no-link,address,undefined BUILD=build/fuzzing fuzzers
	@tests/fuzz/run build/fuzzing $(SECONDS)

fuzzers: $(fuzzers)
$(fuzzers): ldflags += -fsanitize=fuzzer
$(fuzzers): $(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(archive)

lint:
	@$(SETUP) build lint
	$(sub) all-programs
	@tests/lint/run $(BUILD)/logsink

bench:
	@$(SETUP) build bench
	$(sub) all
	@tests/bench/run --logsink=$(BUILD)/logsink $(BENCH)

bench-quick:
	$(sub) bench BENCH='--quick $(BENCH)'

bench-keep:
	@install -d tests/bench/measured
	install -m 644 $(addprefix build/bench/,table.md plot.svg plot.png) tests/bench/measured
	@tests/bench/summary build/bench

completions: all-programs
	set -e; for program in $(programs); do \
		completions/generate bash $(BUILD)/$$program man/$$program.1 >completions/$$program.bash; \
		completions/generate zsh $(BUILD)/$$program man/$$program.1 >completions/_$$program; \
		completions/generate fish $(BUILD)/$$program man/$$program.1 >completions/$$program.fish; \
	done

install: all
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBEXECDIR)/logsink $(MANDIR)/man1 $(BASHDIR) $(ZSHDIR) $(FISHDIR))
	install -m 644 $(BUILD)/linebuffered.so $(DESTDIR)$(LIBEXECDIR)/logsink/linebuffered.so
	set -e; for program in $(programs); do \
		[ -e $(BUILD)/$$program ] || continue; \
		install -m 755 $(BUILD)/$$program $(DESTDIR)$(BINDIR); \
		install -m 644 man/$$program.1 $(DESTDIR)$(MANDIR)/man1; \
		install -m 644 completions/$$program.bash $(DESTDIR)$(BASHDIR)/$$program; \
		install -m 644 completions/_$$program $(DESTDIR)$(ZSHDIR); \
		install -m 644 completions/$$program.fish $(DESTDIR)$(FISHDIR); \
	done

install-strip: install
	$(or $(STRIP),strip) $(wildcard $(addprefix $(DESTDIR)$(BINDIR)/,$(programs))) \
		$(DESTDIR)$(LIBEXECDIR)/logsink/linebuffered.so

uninstall:
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,$(programs)) $(programs:%=$(DESTDIR)$(MANDIR)/man1/%.1)
	rm -f $(addprefix $(DESTDIR)$(BASHDIR)/,$(programs)) $(programs:%=$(DESTDIR)$(ZSHDIR)/_%) \
		$(programs:%=$(DESTDIR)$(FISHDIR)/%.fish)
	rm -rf $(DESTDIR)$(LIBEXECDIR)/logsink

# What git has, with its times, so that the same commit gives the same bytes.
dist:
	@mkdir -p build/dist
	git -c safe.directory='*' archive --prefix=logsink-$(VERSION)/ -o build/dist/logsink-$(VERSION).tar HEAD
	xz -9 --force --threads=1 build/dist/logsink-$(VERSION).tar

clean:
	rm -rf build

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

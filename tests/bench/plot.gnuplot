# Draw what `plot` has made of the results: data, kind (svg or png) and out are given by it.
#
# data: panel, program, row in the panel, label, value; between tabs.

set datafile separator "\t"
if (kind eq 'svg') {
    set terminal svg size 1000,720 font 'DejaVu Sans,12' background 'white' dynamic
} else {
    set terminal pngcairo size 1000,720 font 'DejaVu Sans,10'
}
set output out

programs = 'cat rotatelogs cronolog s6-log multilog svlogd logsink'
tools = 'pv|tee|ts|grep -F|cat -v'

# One for each of them, then one for a tool. logsink is what one looks for, so it is drawn last, over
# the others; those have to be told apart.
set style line 1 pt 2 ps 1.1 lw 1.5 lc rgb '#666666'
set style line 2 pt 8 ps 1.1 lw 1.3 lc rgb '#1f77b4'
set style line 3 pt 10 ps 1.1 lw 1.3 lc rgb '#17a2b8'
set style line 4 pt 4 ps 1.0 lw 1.3 lc rgb '#2ca02c'
set style line 5 pt 12 ps 1.2 lw 1.3 lc rgb '#9467bd'
set style line 6 pt 6 ps 1.1 lw 1.3 lc rgb '#8c6d31'
set style line 7 pt 7 ps 1.6 lw 1 lc rgb '#d62728'
set style line 8 pt 1 ps 1.0 lw 1.3 lc rgb '#000000'

set logscale x
set format x '%g'
set autoscale xfix
set offsets graph 0.04, graph 0.1, 0, 0

rows_of(panel) = int(system("awk -F '\t' -v p=".panel." '$1 == p && $3 > n { n = $3 } END { print n + 0 }' ".data))
# The points of a panel that programs have, which is a pattern; gnuplot warns of files without any.
points(panel, programs) = "< awk -F '\t' -v p=".panel." -v s='^(".programs.")$' '$1 == p && $2 ~ s && $5 > 0' ".data
any(panel, programs) = system(points(panel, programs)[3:]." | head -n 1") ne ''
shown(program) = program eq 'cat' ? 'cat >file' : program

array panel[4] = ['throughput', 'cpu', 'stall', 'memory']
array heading[4] = ['Throughput, times that of cat >file: more is better', \
                    'CPU time a line, times that of cat >file: less is better', \
                    "Producer's write(2) in µs, disk being synced: less is better", \
                    'Memory in MiB: less is better']
array left[4] = [0.195, 0.69, 0.195, 0.69]
array right[4] = [0.485, 0.98, 0.485, 0.98]
array top[4] = [0.86, 0.86, 0.30, 0.30]
array bottom[4] = [0.41, 0.41, 0.06, 0.06]

set multiplot

# The key, above all panels: a plot of nothing.
set lmargin at screen 0.02
set rmargin at screen 0.98
set tmargin at screen 0.99
set bmargin at screen 0.93
set xrange [1:10]
set yrange [0:1]
unset border
unset tics
unset grid
set key inside center center horizontal Left reverse samplen 1 width -1
plot for [n = 1:8] NaN with points ls n title (n == 8 ? 'a tool for this only' : shown(word(programs, n)))
unset key
set autoscale x
set autoscale xfix
set border 3 lc rgb '#888888'
set xtics nomirror out textcolor rgb '#222222'
set ytics nomirror out scale 0 textcolor rgb '#222222'
set grid xtics lc rgb '#dddddd' lt 1
set grid ytics lc rgb '#eeeeee' lt 1

do for [i = 1:4] {
    rows = rows_of(panel[i])
    if (rows > 0) {
        set lmargin at screen left[i]
        set rmargin at screen right[i]
        set tmargin at screen top[i]
        set bmargin at screen bottom[i]
        set label 1 heading[i] at screen left[i] - 0.18, screen top[i] + 0.028 left font 'DejaVu Sans:Bold'
        set yrange [rows + 0.6:0.4]
        unset arrow
        if (i <= 2) { set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead lc rgb '#666666' lw 1.2 back }
        if (panel[i] eq 'memory') { set xtics (1, 2, 3, 5, 10, 20, 50, 100, 200, 500) }
        command = 'plot '
        do for [n = 1:words(programs)] {
            if (any(panel[i], word(programs, n))) {
                command = command.sprintf("points(panel[i], word(programs, %d)) using 5:3:ytic(4) with points ls %d,", n, n)
            }
        }
        if (any(panel[i], tools)) {
            command = command."points(panel[i], tools) using 5:3 with points ls 8,"
            command = command."points(panel[i], tools) using 5:3:2 with labels left offset 0.6,0.5 textcolor rgb '#444444'"
        }
        eval command
        unset label 1
    }
}
unset multiplot

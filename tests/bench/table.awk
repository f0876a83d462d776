# Make the Markdown table from the rows' descriptions and the results.
#
#     awk -v sinks="cat logsink ..." [-v list=1] -f table.awk rows results.tsv
#
# results.tsv: row, round, sink, metric, value, between tabs. A ratio is taken within a
# round; the table shows the median of the ratios, and the smallest and largest in brackets.
# The first column of figures says what the ratios are to, and how much that is. Tools that take part
# in one row only share the last column. Exit status 1 when a goal is missed.
#
# With list=1 not the table but its figures: row, metric, against, sink, value, between tabs.

function trim(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

# Sort list[1..count], smallest first.
function sort(list, count,    i, j, value) {
    for (i = 2; i <= count; i++) {
        value = list[i]
        for (j = i - 1; j >= 1 && list[j] > value; j--)
            list[j + 1] = list[j]
        list[j + 1] = value
    }
}

function median(list, count) {
    if (count % 2)
        return list[(count + 1) / 2]
    return (list[count / 2] + list[count / 2 + 1]) / 2
}

# Three digits that say something.
function show(value) {
    if (value == int(value) && value < 1000000)
        return sprintf("%d", value)
    if (value >= 100)
        return sprintf("%.0f", value)
    if (value >= 10)
        return sprintf("%.1f", value)
    if (value >= 0.095)
        return sprintf("%.2f", value)
    return sprintf("%.3f", value)
}

# The figure that ratios of row r are to in this round; of several programs the best. 0: none.
function base_of(r, round,    parts, count, i, value, best) {
    count = split(against[r] == "peers" ? peers : against[r], parts, ",")
    best = 0
    for (i = 1; i <= count; i++) {
        value = by_round[row[r], parts[i], metric[r], round]
        if (value > 0 && (best == 0 || (kind[r] == "more" ? value > best : value < best)))
            best = value
    }
    return best
}

# Set figures[1..]: the figures of one sink for row r, sorted; plain or as ratios. Returns how many.
function collect(r, sink, plain,    parts, n, i, base, count) {
    n = samples[row[r], sink, metric[r]]
    count = 0
    for (i = 1; i <= n; i++) {
        split(sample[row[r], sink, metric[r], i], parts, " ")
        if (plain || kind[r] == "plain") {
            figures[++count] = parts[2] / unit[r]
            continue
        }
        base = base_of(r, parts[1])
        if (base > 0)
            figures[++count] = parts[2] / base
    }
    sort(figures, count)
    return count
}

# A ratio to several programs, or to one that has a column itself, is for logsink only.
function shown(r, sink) {
    return sink == "logsink" || against[r] == "cat" || against[r] == "-" || !(against[r] in column) && \
           against[r] !~ /,|^peers$|^limit$|^bare$/
}

function cell(r, sink,    count, value, text) {
    if (!shown(r, sink))
        return ""
    count = collect(r, sink, 0)
    if (count == 0)
        return "–"
    value = statistic[r] == "max" ? figures[count] : median(figures, count)
    found[r, sink] = value
    text = show(value)
    if (statistic[r] != "max" && count > 1)
        text = text " (" show(figures[1]) "–" show(figures[count]) ")"
    return text
}

# A median and its spread with their unit, which depends on the metric.
function amount(r, value, least, most) {
    if (metric[r] == "instructions_per_line")
        return sprintf("%.0f (%.0f–%.0f) a line", value, least, most)
    if (metric[r] ~ /_ms$/)
        return sprintf("%.3f (%.3f–%.3f) ms", value, least, most)
    if (metric[r] == "bytes_per_s")
        return sprintf("%.2f (%.2f–%.2f) GB/s", value / 1e9, least / 1e9, most / 1e9)
    return sprintf("%.0f (%.0f–%.0f) ns a line", value, least, most)
}

# What the ratios are to, and how much that is; for plain figures cat's own.
function reference_cell(r,    count) {
    if (kind[r] == "plain")
        return cell(r, "cat")
    if (against[r] ~ /,|^peers$/)
        return "the best of them"
    count = collect(r, against[r], 1)
    if (count == 0)
        return "–"
    return label(against[r]) ": " amount(r, median(figures, count), figures[1], figures[count])
}

function label(sink) {
    if (sink == "cat")
        return "cat >file"
    if (sink == "plain")
        return "logsink without"
    if (sink == "limit")
        return "throws away"
    if (sink == "bare")
        return "a bare program"
    if (sink ~ /^(grep|cat)-/)
        sub(/-/, " -", sink)
    return sink
}

# The tools of this row only, each with its figure.
function others_cell(r,    s, text, one) {
    text = ""
    for (s = 1; s <= count_of_sinks; s++) {
        if (name[s] in column || name[s] == against[r] || samples[row[r], name[s], metric[r]] == 0)
            continue
        one = cell(r, name[s])
        if (one != "")
            text = text (text == "" ? "" : ", ") label(name[s]) " " one
    }
    return text
}

function holds(r, value,    parts) {
    split(goal[r], parts, " ")
    return parts[1] == ">=" ? value >= parts[2] : value <= parts[2]
}

FNR == NR {
    if ($0 ~ /^(#|[ \t]*$)/)
        next
    split($0, field, "|")
    rows++
    row[rows] = trim(field[1])
    metric[rows] = trim(field[2])
    title[rows] = trim(field[3])
    kind[rows] = trim(field[4])
    against[rows] = trim(field[5])
    unit[rows] = trim(field[6])
    statistic[rows] = trim(field[7])
    goal[rows] = trim(field[8])
    next
}

{
    split($0, field, "\t")
    key = field[1] SUBSEP field[3] SUBSEP field[4]
    sample[key, ++samples[key]] = field[2] " " field[5]
    by_round[key, field[2]] = field[5]
    seen[field[1]] = 1
    seen[field[1], field[4]] = 1
}

function print_list(r,    s) {
    for (s = 1; s <= count_of_sinks; s++) {
        if (cell(r, name[s]) != "" && ((r, name[s]) in found))
            printf "%s\t%s\t%s\t%s\t%s\n", row[r], metric[r], against[r], name[s], found[r, name[s]]
    }
}

function print_row(r,    s, text, verdict, mark) {
    text = "| " title[r] " | " reference_cell(r) " |"
    for (s = 1; s <= count_of_sinks; s++) {
        if (!(name[s] in column) || name[s] == "cat")
            continue
        text = text " " cell(r, name[s]) " |"
        if (name[s] != "logsink")
            continue
        if (goal[r] == "")
            verdict = ""
        else if (!((r, "logsink") in found))
            verdict = "not measured"
        else if (holds(r, found[r, "logsink"]))
            verdict = "yes"
        else {
            verdict = "**no**"
            missed = 1
        }
        mark = goal[r]
        sub(/^>=/, "≥", mark)
        sub(/^<=/, "≤", mark)
        text = text " " mark " | " verdict " |"
    }
    print text " " others_cell(r) " |"
}

END {
    count_of_sinks = split(sinks, name, " ")
    head = "| | 1 is, or `cat >file` |"
    line = "|---|---|"
    for (s = 1; s <= count_of_sinks; s++) {
        if (name[s] ~ /^(pv|tee|ts|grep-.|cat-v)$/)
            continue
        column[name[s]] = 1
        if (name[s] != "logsink")
            peers = peers (peers == "" ? "" : ",") name[s]
        if (name[s] == "cat")
            continue
        head = head " " name[s] " |"
        line = line "---|"
        if (name[s] == "logsink") {
            head = head " goal | holds |"
            line = line "---|---|"
        }
    }
    if (!list) {
        print head " others |"
        print line "---|"
    }
    for (r = 1; r <= rows; r++) {
        if (!(row[r] in seen) || goal[r] == "" && !((row[r], metric[r]) in seen))
            continue
        if (list)
            print_list(r)
        else
            print_row(r)
    }
    exit missed
}

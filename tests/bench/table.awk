# Make the Markdown table from the rows' descriptions and the results.
#
#     awk -v sinks="cat logsink ..." -f table.awk rows results.tsv
#
# results.tsv: row, round, sink, metric, value, between tabs. A ratio is taken within a
# round; the table shows the median of the ratios, and the smallest and largest in brackets.
# Exit status 1 when a goal is missed.

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

# Set figures[1..]: the figures of one sink for row r, sorted. Returns how many.
function collect(r, sink,    parts, n, i, reference, base, count) {
    reference = kind[r] == "limit" ? "limit" : "cat"
    n = samples[row[r], sink, metric[r]]
    count = 0
    for (i = 1; i <= n; i++) {
        split(sample[row[r], sink, metric[r], i], parts, " ")
        if (kind[r] == "plain") {
            figures[++count] = parts[2] / unit[r]
            continue
        }
        base = by_round[row[r], reference, metric[r], parts[1]]
        if (base > 0)
            figures[++count] = parts[2] / base
    }
    sort(figures, count)
    return count
}

function cell(r, sink,    count, value, text) {
    count = collect(r, sink)
    if (count == 0)
        return "–"
    value = statistic[r] == "max" ? figures[count] : median(figures, count)
    found[r, sink] = value
    text = show(value)
    if (statistic[r] != "max" && count > 1)
        text = text " (" show(figures[1]) "–" show(figures[count]) ")"
    return text
}

# The same of cat's own figures, which are the unit of the ratios: say what one is.
function unit_cell(r,    count, saved) {
    if (kind[r] != "more" && kind[r] != "less")
        return cell(r, "cat")
    saved = kind[r]
    kind[r] = "plain"
    count = collect(r, "cat")
    kind[r] = saved
    if (count == 0)
        return "–"
    if (metric[r] == "bytes_per_s")
        return sprintf("1 = %.2f GB/s (%.2f–%.2f)", median(figures, count) / 1e9, \
                       figures[1] / 1e9, figures[count] / 1e9)
    return sprintf("1 = %.3f s (%.3f–%.3f)", median(figures, count), figures[1], figures[count])
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
    unit[rows] = trim(field[5])
    statistic[rows] = trim(field[6])
    goal[rows] = trim(field[7])
    next
}

{
    split($0, field, "\t")
    key = field[1] SUBSEP field[3] SUBSEP field[4]
    sample[key, ++samples[key]] = field[2] " " field[5]
    by_round[key, field[2]] = field[5]
    seen[field[1]] = 1
}

END {
    count_of_sinks = split(sinks, name, " ")
    head = "| |"
    line = "|---|"
    for (s = 1; s <= count_of_sinks; s++) {
        head = head " " (name[s] == "cat" ? "cat >file" : name[s]) " |"
        line = line "---|"
        if (name[s] == "logsink") {
            head = head " goal | holds |"
            line = line "---|---|"
        }
    }
    print head
    print line
    for (r = 1; r <= rows; r++) {
        if (!(row[r] in seen))
            continue
        text = "| " title[r] " |"
        for (s = 1; s <= count_of_sinks; s++) {
            text = text " " (name[s] == "cat" ? unit_cell(r) : cell(r, name[s])) " |"
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
        print text
    }
    exit missed
}

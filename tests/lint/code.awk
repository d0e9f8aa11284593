# Prints C files as file:line:text with comments removed. With -v strings=blank the content of
# string and character literals is removed too; with -v strings=only nothing else is kept.
FNR == 1 { inside = 0 }
{
    text = $0
    out = ""
    while (length(text) > 0) {
        if (inside) {
            end = index(text, "*/")
            if (end == 0) { text = ""; break }
            text = substr(text, end + 2)
            inside = 0
            continue
        }
        if (match(text, /\/\/|\/\*|"|'/) == 0) { if (strings != "only") out = out text; break }
        if (strings != "only") out = out substr(text, 1, RSTART - 1)
        mark = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (mark == "//") break
        if (mark == "/*") { inside = 1; continue }
        literal = ""
        while (length(text) > 0 && substr(text, 1, 1) != mark) {
            size = substr(text, 1, 1) == "\\" ? 2 : 1
            literal = literal substr(text, 1, size)
            text = substr(text, size + 1)
        }
        text = substr(text, 2)
        if (strings == "blank") out = out mark mark
        else if (mark == "\"" || strings != "only") out = out mark literal mark
    }
    if (out != "") printf "%s:%d:%s\n", FILENAME, FNR, out
}

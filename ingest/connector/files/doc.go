// Package files reads departments' files: CSV, JSON lines, JSON documents and
// XLSX, each with gzip around it or not, chosen by patterns below a root
// folder. A file is known again by the SHA-256 of its stored bytes, never by
// its name or time; it is read once, in the order of the date it declares and
// of its name.
//
// A page never spans two files or two sheets. Each file is one snapshot of
// the source (page.Snapshot.ID is the hash); its last page says End, unless
// the file was refused, cut short, or changed while it was read: then nothing
// may be concluded from what is absent.
//
// Places: the offset is that of the record's first byte in the decompressed
// file as the department wrote it; of UTF-16 alone it is the offset in the
// text turned into UTF-8. The row counts the file's records from 1, broken
// ones included, header rows and blank lines not; in XLSX it is the row number
// that Excel shows, and the offset is -1.
//
// A line break inside quotes belongs to its record. Where a quote opens and
// never closes, or closes in a later line in front of other text, the first
// line alone is a reject and reading goes on at the next line, so that a lone
// quote costs one line and not the rest of the file. A record longer than
// page.MaxBytes is cut at its first line break, kept whole by Tools.Keep, and
// stands in the page as a reject.
package files

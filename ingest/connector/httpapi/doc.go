// Package httpapi reads lists of records from HTTP APIs that answer JSON:
// page numbers, offsets, cursor tokens, Link headers or one whole answer,
// with "updated since" where the API has it.
//
// A definition's connection and a table's read:
//
//	connection:
//	  url: https://api.example.gov.cn/v1
//	  headers: {X-App: huiliu}
//	  timeout: 30s            # of one request
//	  rate: 20                # requests a second
//	  retry: {tries: 4, wait: 500ms}
//	  body_limit: 67108864    # bytes of one answer
//	  auth: {kind: oauth2, token_url: …, client_id: …, client_secret: …}
//	read:
//	  path: cases
//	  query: {type: all}
//	  records: data.list      # empty: the answer is the list
//	  count: data.total       # the source's own count
//	  ok: {path: code, is: [0, 200], message: msg}
//	  paging: {style: page, parameter: page, start: 1, size: 200, size_parameter: page_size}
//	  since: {parameter: update_from, field: updateTime, overlap: 10m, format: datetime}
//
// The styles of paging are page, offset, cursor (next is the path of the next
// token, more that of a truth value; keep: true says that the last token goes
// on where the list ended, so it is the mark of the next run), link (next is
// the path of the next address, empty for RFC 8288's Link header) and none.
//
// Without since and keep every run reads the whole list, one snapshot named
// as the request is. It is declared complete only when nothing shows that the
// list changed under the reading.
//
// With since the mark is the highest value of the field that was read to the
// end, and the next run begins overlap before it. A record that is changed
// while its list is read by page numbers moves to another page and draws those
// behind it one place forward, so one of them is never shown. The reader knows
// the moved record again by its key and takes back the mark to where it stood.
// A run that is taken up in the middle can't know, so its mark stays where the
// run began: the next one reads it again.
//
// Secrets stand in no error, log, place or mark: addresses are written without
// user, and without values of parameters that are named like a key or token.
package httpapi

package files

import (
	"huiliu/ingest/page"
	"huiliu/internal/fault"
)

// Faults of the configuration and of what it points at.
var (
	rootMissing = &fault.Kind{
		Code: "files_root_missing", Class: fault.Missing,
		Cause: fault.Text{EN: "the folder {root} is not there", ZH: "找不到文件夹 {root}"},
		Mend:  fault.Text{EN: "make the folder, or correct connection.root", ZH: "建立该文件夹，或改正 connection.root"},
	}
	noFiles = &fault.Kind{
		Code: "files_no_match", Class: fault.Missing,
		Cause: fault.Text{EN: "no file below {root} matches {pattern}", ZH: "{root} 下没有与 {pattern} 相符的文件"},
		Mend: fault.Text{
			EN: "put the file there, correct path, or set optional: true if the table may have no file",
			ZH: "把文件放到该处，或改正 path；若此表可以没有文件，设 optional: true",
		},
	}
	badSetting = &fault.Kind{
		Code: "files_setting", Class: fault.Input,
		Cause: fault.Text{EN: "{key} can't be {value}", ZH: "{key} 不能是 {value}"},
		Mend:  fault.Text{EN: "{mend}", ZH: "{mend_zh}"},
	}
	badCursor = &fault.Kind{
		Code: "files_cursor", Class: fault.Failed,
		Cause: fault.Text{EN: "the stored mark is none of this connector's", ZH: "保存的读取位置不是本连接器写的"},
		Mend:  fault.Text{EN: "read the table anew with run --full-refresh", ZH: "用 run --full-refresh 重新读取此表"},
	}
)

// Reasons of rejects: first those of a whole file, then of a record.
var (
	wrongKind = reason("file_wrong_kind",
		"the file claims to be {want} but is {have}", "文件应为 {want}，实际是 {have}",
		"ask the department for the file as {want}, or set format", "请部门按 {want} 重新导出，或改正 format 设置")
	passwordProtected = reason("xlsx_password",
		"the workbook is protected by a password", "工作簿设有打开密码",
		"ask for the file without a password", "请部门取消密码后重新提供")
	oldExcel = reason("xlsx_old_format",
		"the workbook is in the old binary format (.xls)", "工作簿是旧版 .xls 格式",
		"save it as .xlsx and deliver it again", "另存为 .xlsx 后重新提供")
	xlsxBroken = reason("xlsx_broken",
		"the workbook can't be read: {why}", "工作簿无法读取：{why}",
		"open it in a spreadsheet program, save it anew and deliver it again", "用表格软件打开后重新保存，再次提供")
	xlsxTooLarge = reason("xlsx_too_large",
		"a part of the workbook unpacks to more than {limit} bytes", "工作簿解压后的内容超过 {limit} 字节",
		"deliver it as several workbooks or as CSV", "拆分成多个文件，或改用 CSV 提供")
	noSheet = reason("xlsx_no_sheet",
		"no sheet is named {want}; there are {have}", "没有名为 {want} 的工作表，现有：{have}",
		"correct sheet, or ask for the missing sheet", "改正 sheet 设置，或请部门补上该工作表")
	gzipTruncated = reason("gzip_truncated",
		"the compressed file ends too early", "压缩文件不完整",
		"deliver the file again; the records before this place are kept", "请重新提供该文件；此处之前的记录已保留")
	gzipDamaged = reason("gzip_damaged",
		"the compressed file is damaged: {why}", "压缩文件已损坏：{why}",
		"deliver the file again; the records before this place are kept", "请重新提供该文件；此处之前的记录已保留")
	noDate = reason("file_no_date",
		"the name does not show the date {pattern}", "文件名中没有日期 {pattern}",
		"rename the file, or correct date", "改正文件名，或改正 date 设置")
	sumMismatch = reason("manifest_mismatch",
		"the file's SHA-256 is not the one its manifest states", "文件的 SHA-256 与清单不符",
		"deliver file and manifest again", "请重新提供文件和清单")
	badHeader = reason("file_bad_header",
		"the header can't be read: {why}", "表头无法读取：{why}",
		"correct the header, or header, skip_rows and encoding", "改正表头，或改正 header、skip_rows、encoding 设置")

	tooFew = reason("csv_too_few_columns",
		"the row has {have} columns, the header {want}", "该行有 {have} 列，表头有 {want} 列",
		"add the missing columns at the source", "请部门补齐缺少的列")
	tooMany = reason("csv_too_many_columns",
		"the row has {have} columns, the header {want}", "该行有 {have} 列，表头有 {want} 列",
		"quote the values that hold the delimiter", "含分隔符的内容请加引号")
	openQuote = reason("csv_unterminated_quote",
		"a quote opens and does not close", "引号没有成对",
		"close or double the quote", "补上引号，或把内容中的引号写成两个")
	badBytes = reason("invalid_bytes",
		"byte {offset} is not valid {encoding}", "第 {offset} 字节不是有效的 {encoding} 编码",
		"export the record anew, or correct encoding", "请重新导出该记录，或改正 encoding 设置")
	noRecords = reason("json_no_records",
		"no list of records at {path}", "在 {path} 处没有记录列表",
		"correct records, or ask for the complete document", "改正 records 设置，或请部门提供完整的文件")
)

func reason(code, en, zh, mendEN, mendZH string) *fault.Kind {
	return &fault.Kind{Code: code, Class: fault.Input, Cause: fault.Text{EN: en, ZH: zh}, Mend: fault.Text{EN: mendEN, ZH: mendZH}}
}

// lang is the language of rejects: officials read them in the quarantine.
const lang = fault.Chinese

// reject turns a reason into what the quarantine shows an official.
func reject(place page.Place, raw []byte, kind *fault.Kind, pairs ...any) page.Reject {
	f := kind.At("", pairs...)
	return page.Reject{Place: place, Code: kind.Code, Cause: f.Cause(lang), Mend: f.Mend(lang), Raw: raw}
}

// refusal is a whole file that can't be read.
type refusal struct{ reason *fault.Error }

// Error is error's.
func (r *refusal) Error() string { return r.reason.Error() }

func refuse(kind *fault.Kind, pairs ...any) error { return &refusal{kind.At("", pairs...)} }

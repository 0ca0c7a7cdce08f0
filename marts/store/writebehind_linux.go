package store

import (
	"os"
	"syscall"
)

// syncFileRangeWrite is SYNC_FILE_RANGE_WRITE of sync_file_range(2): start
// writing the dirty pages that aren't being written yet, and don't wait.
const syncFileRangeWrite = 2

func startWriting(f *os.File) bool {
	return syscall.SyncFileRange(int(f.Fd()), 0, 0, syncFileRangeWrite) == nil
}

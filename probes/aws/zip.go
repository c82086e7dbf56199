package aws

// emptyZip is an archive without a file in it (APPNOTE.TXT 4.3.16: the end of
// central directory record alone).
func emptyZip() []byte { return append([]byte("PK\x05\x06"), make([]byte, 18)...) }

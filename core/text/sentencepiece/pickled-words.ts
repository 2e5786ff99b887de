/**
 * The strings of a pickled dictionary of words, such as ERNIE-Tiny's `dict.wordseg.pickle`. Nothing is executed: the
 * instructions of the pickle (see Python's pickletools) are walked over, and every string is a word.
 */

/** @throws Error where the bytes hold another kind of object, or are cut off */
export function readPickledWords(bytes: Buffer): Set<string> {
  const words = new Set<string>();
  let at = 0;
  const string = (sizeBytes: number, size: number) => {
    const start = at + sizeBytes;
    if (start + size > bytes.length) throw new RangeError('the pickle is cut off');
    words.add(bytes.toString('utf8', start, start + size));
    at = start + size;
  };
  for (;;) {
    const code = bytes.readUInt8(at);
    at += 1;
    const size = argumentSizes.get(code);
    if (size !== undefined) at += size;
    else if (code === stop) return words;
    else if (code === shortUnicode || code === shortBytes) string(1, bytes.readUInt8(at));
    else if (code === unicode || code === longBytes) string(4, bytes.readUInt32LE(at));
    else
      throw new Error(
        `the pickle has the instruction 0x${code.toString(16)}, which no dictionary of words needs`,
      );
  }
}

const stop = 0x2e;
const shortUnicode = 0x8c;
const unicode = 0x58;
/** Python 2's strings; they hold UTF-8. */
const shortBytes = 0x55;
const longBytes = 0x54;

/** Bytes of the argument of each instruction that makes no string. */
const argumentSizes: ReadonlyMap<number, number> = new Map([
  [0x80, 1], // PROTO
  [0x95, 8], // FRAME
  [0x28, 0], // MARK
  [0x7d, 0], // EMPTY_DICT
  [0x5d, 0], // EMPTY_LIST
  [0x8f, 0], // EMPTY_SET
  [0x71, 1], // BINPUT
  [0x72, 4], // LONG_BINPUT
  [0x94, 0], // MEMOIZE
  [0x68, 1], // BINGET
  [0x6a, 4], // LONG_BINGET
  [0x4a, 4], // BININT
  [0x4b, 1], // BININT1
  [0x4d, 2], // BININT2
  [0x47, 8], // BINFLOAT
  [0x4e, 0], // NONE
  [0x88, 0], // NEWTRUE
  [0x89, 0], // NEWFALSE
  [0x73, 0], // SETITEM
  [0x75, 0], // SETITEMS
  [0x61, 0], // APPEND
  [0x65, 0], // APPENDS
  [0x90, 0], // ADDITEMS
]);

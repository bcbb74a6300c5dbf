/**
 * Where things are in the head's shared memory. All integers are 32 bits in words of four bytes; times are doubles, Unix ms.
 * The drawing of each structure stands at its first constant; `SPEC.md` says who may write what in which order.
 */

/** Version of this layout: a reader built for another one refuses the handles. */
export const LAYOUT_VERSION = 2

// Control block: words, fixed size.
export const CTL_LAYOUT = 0
/** Counts up when a buffer grew: views must be made anew before an index read afterwards is used. */
export const CTL_GROWN = 1
/** Rows that exist: rows 0 to this - 1 may be read. */
export const CTL_ROWS = 2
/** log2 of the pair table's size; table k lies at words 2^k to 2^(k+1) of its buffer. */
export const CTL_PAIR_BITS = 3
export const CTL_SYMBOLS = 4
export const CTL_SYMBOL_BITS = 5
export const CTL_NAMES = 6
/** Rows that are alive. */
export const CTL_SERIES = 7
export const CTL_CHUNKS = 8
/** Counts up after things were retired; a reader notes it before it looks at anything. */
export const CTL_EPOCH = 9
/** Open queriers of all threads. */
export const CTL_ACTIVE = 10
/** Counts up when rows were given up, so that their labels may change. */
export const CTL_RECYCLED = 11
export const CTL_PAIRS = 12
/** Counts up when a block was added to the data directory or is about to leave it. */
export const CTL_BLOCKS = 13
/** Chunks of blocks that readers of all threads passed over because they are histograms. */
export const CTL_SKIPPED_CHUNKS = 14
/** Rows for which the extras buffer has words; 0 while no series has out-of-order samples or deletions. */
export const CTL_EXTRA_ROWS = 24
/** Out-of-order chunks. */
export const CTL_OOO_CHUNKS = 25
/** Counts up when deletions were written into blocks. */
export const CTL_TOMBSTONES = 26
/** Commits so far: counts up when a commit's samples can be seen. See change-journal.ts. */
export const CTL_COMMITS = 20
/** Counts up after something before the newest sample of a series changed: a sample out of order, a deletion. */
export const CTL_PAST = 21
/** Counts up with the first commit after series were made. */
export const CTL_CREATED = 22
/** Doubles of the control block, as indexes of its Float64Array. */
export const CTLF_MIN_TIME = 16
export const CTLF_MAX_TIME = 17
export const CTLF_APPENDED = 18
/** Range of the out-of-order samples; +Infinity and -Infinity without one. */
export const CTLF_OOO_MIN = 28
export const CTLF_OOO_MAX = 29
/** Reader slots: owner (0 free), epoch of the oldest open querier (0 none). */
export const CTL_READERS = 64
export const READER_SLOTS = 64
/** The journal of changes, as doubles: the oldest sample time of each group of commits, a ring. */
export const CTLF_JOURNAL: number = (CTL_READERS + 2 * READER_SLOTS) / 2
export const JOURNAL_GROUPS = 16384
/** log2 of the commits of a group. */
export const JOURNAL_GROUP_SHIFT = 4
export const CTL_BYTES: number = 8 * (CTLF_JOURNAL + JOURNAL_GROUPS)

// A series row: 16 words, one cache line.
//
//   0        2        4        6    7      8      9    10          11   12         13    14        15
//   lastT    lastV    cutAt    gen  count  delta  enc  first frag  pub  tail frag  full  labelsAt  no
//
// pub, first frag and full are for readers; all else is the writer's.
export const ROW_WORDS = 16
export const ROW_SHIFT = 4
/** As a double index: time of the newest sample, also when the open chunk is empty. */
export const ROWF_LAST_T = 0
export const ROW_LAST_LO = 2
export const ROW_LAST_HI = 3
/** As a double index: the open chunk ends before this time. */
export const ROWF_CUT_AT = 2
/** Times that the row was given to other labels. */
export const ROW_GEN = 6
/** Samples in the open chunk, those of a running commit included. */
export const ROW_COUNT = 7
export const ROW_DELTA = 8
/** Bits 0-8 position in the tail fragment, 9-14 leading zeros, 15-20 trailing zeros, 21-26 fragments. */
export const ROW_ENC = 9
/** First fragment of an open XOR chunk; negative: the record of an open chunk of histograms, or of floats with start times. */
export const ROW_FIRST_FRAG = 10
/** Bits 0-9 samples of the open chunk that readers may see, 10-31 low bits of its number. */
export const ROW_PUB = 11
export const ROW_TAIL_FRAG = 12
/** Newest full chunk, 0 none. */
export const ROW_FULL = 13
/** Index into the labels buffer, 0 for a dead row. */
export const ROW_LABELS = 14
/** Number of the open chunk: chunks of this series count from 1. */
export const ROW_NO = 15
/** The part of a chunk number that fits into `pub`. */
export const NO_MASK = 0x3fffff

// A fragment of an open chunk: 60 bytes of the XOR stream (without the sample count in front), then the index of the next one, 0 at the end.
export const FRAG_BYTES = 64
export const FRAG_PAYLOAD = 60
export const FRAG_PAYLOAD_BITS: number = 8 * FRAG_PAYLOAD
export const FRAG_NEXT_WORD = 15

// A full chunk's record: 8 words.
//
//   0       2       4     5                     6                 7
//   minT    maxT    ptr   encoding<<24|length   samples<<22|no    older chunk
export const CHUNK_WORDS = 8
export const CHUNK_PTR = 4
export const CHUNK_LEN = 5
export const CHUNK_INFO = 6
export const CHUNK_PREV = 7
/** In the record of an open histogram chunk, which has no older one: samples that readers may see. Its length is that of its piece. */
export const OPEN_SAMPLES = 7
/** Chunk bytes lie at multiples of 16; the pointer counts these units through all segments. */
export const UNIT = 16
export const SEGMENT_BYTES: number = 2 ** 30
export const SEGMENT_UNITS_SHIFT = 26

// Extras of a row, in a buffer of their own because few rows have any: newest out-of-order chunk (0 none), record of its deletions (0 none).
// An out-of-order chunk is a full chunk's record whose number is that of the cut (see `HeadExtras`); neighbours in the chain may overlap. It never changes:
// a sample that joins it makes a new one. A record of deletions is one as well; its bytes are doubles, first and last time of each interval.
export const EXTRA_SHIFT = 1
export const EXTRA_OOO = 0
export const EXTRA_DELETED = 1

// Labels of a row: hash, number of labels, then name and value symbol of each.
export const LABELS_HASH = 0
export const LABELS_COUNT = 1
export const LABELS_PAIRS = 2

// A pair (label name and value): name symbol, value symbol, postings, capacity of these in words, next pair of the name.
export const PAIR_WORDS = 5
export const PAIR_NAME = 0
export const PAIR_VALUE = 1
export const PAIR_LIST = 2
export const PAIR_CAP = 3
export const PAIR_NEXT = 4

// Postings: number of rows, how many of them are in ascending order at the front, then the rows.
export const LIST_COUNT = 0
export const LIST_SORTED = 1
export const LIST_ROWS = 2

// A label name: symbol, newest pair, number of pairs.
export const NAME_WORDS = 3
export const NAME_SYMBOL = 0
export const NAME_PAIR = 1
export const NAME_PAIRS = 2

/** Chunk encodings, as in Prometheus' files; the last three can say since when a sample counts. @see tsdb/chunkenc/chunk.go */
export const ENCODING = { xor: 1, histogram: 2, floatHistogram: 3, xor2: 4, histogramStarts: 5, floatHistogramStarts: 6 } as const

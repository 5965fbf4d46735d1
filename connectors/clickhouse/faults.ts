/** ClickHouse's error codes for data that no retry makes acceptable: unparsable, out of range, of another type. */
const REFUSED_CODES = new Set(['6', '26', '27', '33', '38', '41', '53', '69', '70', '72', '117', '131', '321', '407']);

/** The server refused the data itself; everything else may work later. */
export function isRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && 'type' in error && REFUSED_CODES.has(String(error.code));
}

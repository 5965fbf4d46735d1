/** What the operator asked for makes no sense, in one sentence: nothing was done, and the command exits 2. */
export class BadInput extends Error {
  override name = 'BadInput';
}

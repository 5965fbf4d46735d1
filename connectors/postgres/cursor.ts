/** The last row of a page, as the next page's query needs it. */
export interface CursorPosition {
  /** ms since the epoch, UTC. */
  placedAt: number;
  orderId: string;
}

/** Text that no page ended with. */
export class InvalidCursor extends Error {
  override name = 'InvalidCursor';
  readonly code = 'invalid_cursor';
  constructor() {
    super('the cursor does not come from a page of this list');
  }
}

const SHAPE = /^(-?\d{1,16})\.([^\0]{1,256})$/u;

/** Opaque to clients: base64url of `<ms>.<order id>`. */
export function encodeCursor({ placedAt, orderId }: CursorPosition): string {
  return Buffer.from(`${placedAt}.${orderId}`).toString('base64url');
}

/** @throws InvalidCursor */
export function decodeCursor(cursor: string): CursorPosition {
  const match = SHAPE.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match || encodeCursor({ placedAt: Number(match[1]), orderId: match[2] as string }) !== cursor) throw new InvalidCursor();
  return { placedAt: Number(match[1]), orderId: match[2] as string };
}

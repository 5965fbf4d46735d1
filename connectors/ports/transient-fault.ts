/** A fault that passes: the same call with the same key may be made again. `retryAfterMs`, where the other side said so. */
export class TransientFault extends Error {
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.name = 'TransientFault';
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Orders remembered; beyond it the oldest are dropped, whose steps failed long ago. */
const CAPACITY = 50_000;

/** The epoch each order's current step began under, as this process saw it. */
export class BegunEpochs {
  readonly #epochs = new Map<string, string>();

  note(orderId: string, epoch: string): void {
    this.#epochs.delete(orderId);
    this.#epochs.set(orderId, epoch);
    if (this.#epochs.size > CAPACITY) this.#epochs.delete(this.#epochs.keys().next().value as string);
  }

  of(orderId: string): string | undefined {
    return this.#epochs.get(orderId);
  }

  forget(orderId: string): void {
    this.#epochs.delete(orderId);
  }
}

/** Counts orders per key in sliding windows. Keys are `<dimension>:<keyed hash>`. */
export interface VelocityPort {
  /** Records the order under each key at `at` (ms; repeats do not count twice) and answers how many distinct orders each key saw in the window before and at `at`. */
  record(orderId: string, keys: readonly string[], at: number, windowMs: number): Promise<number[]>;
}

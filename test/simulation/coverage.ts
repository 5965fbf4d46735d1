/** What was seen to happen, and how often: a run that saw no fault proves nothing. */
export class Coverage {
  readonly counts = new Map<string, number>();

  saw(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  add(others: Iterable<readonly [string, number]>): void {
    for (const [what, times] of others) this.saw(what, times);
  }
}

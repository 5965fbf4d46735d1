const SHORTEST_MS = 200;
const LONGEST_MS = 5_000;

/** How long to wait before starting a process again, in ms: 200 after the first failure, doubled with each more, 5,000 at most. */
export function restartDelay(failures: number): number {
  return Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures);
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulators, type Simulators } from '../driver/simulators.ts';

/** Simulators whose books are in a file, so that they outlive a restart; `close` removes it. Slow answers take their time. */
export function simulatorsOnDisk(): Simulators {
  const folder = mkdtempSync(join(tmpdir(), 'iaros-simulators-'));
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const opened = simulators({ path: join(folder, 'books.sqlite'), sleep });
  const { close } = opened;
  opened.close = () => {
    close();
    rmSync(folder, { recursive: true });
  };
  return opened;
}

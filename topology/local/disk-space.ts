import { mkdir, statfs } from 'node:fs/promises';
import { fullDisk, LocalFault } from './fault.ts';

/** What the servers need to start and to hold a day of trials, in bytes. */
export const LEAST_FREE = 1024 ** 3;

/**
 * Makes the folder when it is missing and checks the room on its disk.
 * @throws LocalFault when less than `least` bytes are free, or the folder cannot be made.
 */
export async function ensureRoom(folder: string, least: number = LEAST_FREE): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw (
      fullDisk(error, folder) ?? new LocalFault(`The folder ${folder} cannot be made (${(error as Error).message}).`)
    );
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= least) return;
  const inGigabytes = (bytes: number) => (bytes / 1024 ** 3).toFixed(1);
  throw new LocalFault(
    `Only ${inGigabytes(free)} GB are free under ${folder} and ${inGigabytes(least)} GB are needed: ` +
      'free some space, or point IAROS_DATA_DIR and IAROS_CACHE_DIR at another disk.',
  );
}

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, rmdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MIB = 1024 ** 2;
/** The disk is so much larger than what the folder holds already. */
const ROOM_MIB = 64;
const BALLAST = 'ballast';

/** Why folders cannot be given a disk of their own here; undefined where they can. */
export async function whyNoDisks(): Promise<string | undefined> {
  const folder = await mkdtemp('/tmp/iaros-mount-');
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    await run('umount', [folder]);
    return undefined;
  } catch {
    return 'not run: needs root';
  } finally {
    await rmdir(folder);
  }
}

/** A disk of its own for one folder, hardly larger than what is on it. Whoever uses the folder must not run while it comes and goes. */
export class SmallDisk {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Moves what the folder holds onto a disk of its own. */
  static async under(folder: string): Promise<SmallDisk> {
    const aside = `${folder}.aside`;
    await rename(folder, aside);
    await mkdir(folder);
    const { stdout } = await run('du', ['-sm', aside]);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${Number.parseInt(stdout, 10) + ROOM_MIB}m`, 'tmpfs', folder]);
    await run('cp', ['-a', '--sparse=always', `${aside}/.`, folder]);
    await run('chown', [`--reference=${aside}`, folder]);
    await run('chmod', [`--reference=${aside}`, folder]);
    await rm(aside, { recursive: true });
    return new SmallDisk(folder);
  }

  /** Takes all the room that is left. */
  async fill(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#folder);
    const whole = Math.max(0, Math.floor((bavail * bsize) / MIB));
    await run('dd', ['if=/dev/zero', `of=${this.#ballast}`, 'bs=1M', `count=${whole + 1}`]).catch((error: { stderr?: string }) => {
      if (!error.stderr?.includes('No space left')) throw error;
    });
  }

  async free(): Promise<void> {
    await rm(this.#ballast, { force: true });
  }

  /** Moves everything back to where it was. */
  async remove(): Promise<void> {
    const aside = `${this.#folder}.aside`;
    await run('cp', ['-a', '--sparse=always', this.#folder, aside]);
    await rm(join(aside, BALLAST), { force: true });
    await run('umount', [this.#folder]);
    await rmdir(this.#folder);
    await rename(aside, this.#folder);
  }

  get #ballast(): string {
    return join(this.#folder, BALLAST);
  }
}

/** A reason why the local stack cannot run, told in one sentence that names the fix. Commands print it and exit 1. */
export class LocalFault extends Error {
  override name = 'LocalFault';
}

/** Turns what a program or the file system reported into a LocalFault when the reason is a full disk; else undefined. */
export function fullDisk(report: unknown, where: string): LocalFault | undefined {
  const text =
    report instanceof Error ? `${(report as NodeJS.ErrnoException).code ?? ''} ${report.message}` : String(report);
  return /ENOSPC|no space left on device/i.test(text)
    ? new LocalFault(`The disk under ${where} is full: free some space there, or point IAROS_DATA_DIR at another disk.`)
    : undefined;
}

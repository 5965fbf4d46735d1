/** Everything that stood in the way, in one sentence each. */
export class ProvisionFault extends Error {
  override name = 'ProvisionFault';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

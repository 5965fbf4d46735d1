import { openSandboxReservation } from '../../../connectors/sandbox-reservation/index.ts';
import { describeReservation } from '../../conformance/reservation.ts';
import { startSandbox } from '../sandbox-process.ts';

describeReservation('sandbox, over HTTP', async () => {
  const sandbox = await startSandbox();
  const port = await openSandboxReservation({ url: sandbox.url, timeoutMs: 15_000 });
  return {
    port,
    faults: sandbox.faults,
    restart: sandbox.restart,
    close: async () => {
      await port.close();
      await sandbox.close();
    },
  };
});

import { openSandboxPayment } from '../../../connectors/sandbox-payment/index.ts';
import { openSandboxLedger } from '../../../connectors/sandbox-payment/ledger.ts';
import { describePayment } from '../../conformance/payment.ts';
import { startSandbox } from '../sandbox-process.ts';

describePayment('sandbox, over HTTP', async () => {
  const sandbox = await startSandbox();
  const options = { url: sandbox.url, timeoutMs: 15_000 };
  const port = await openSandboxPayment(options);
  const books = openSandboxLedger(options);
  return {
    port,
    faults: sandbox.faults,
    restart: sandbox.restart,
    ledger: async (key) => {
      const changes = [];
      for await (const { key: of, kind, amount, currency } of books.entries()) {
        if (of === key) changes.push({ kind, amount, currency });
      }
      return changes;
    },
    close: async () => {
      await Promise.all([port.close(), books.close()]);
      await sandbox.close();
    },
  };
});

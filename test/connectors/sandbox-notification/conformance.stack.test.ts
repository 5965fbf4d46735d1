import { openSandboxNotification } from '../../../connectors/sandbox-notification/index.ts';
import { describeNotification } from '../../conformance/notification.ts';
import { startSandbox } from '../sandbox-process.ts';

describeNotification('sandbox, over HTTP', async () => {
  const sandbox = await startSandbox();
  const port = await openSandboxNotification({ url: sandbox.url, timeoutMs: 15_000 });
  return {
    port,
    faults: sandbox.faults,
    restart: sandbox.restart,
    count: async (orderId) => {
      const answer = await fetch(`${sandbox.url}/messages?orderId=${encodeURIComponent(orderId)}`);
      return ((await answer.json()) as { messages: unknown[] }).messages.length;
    },
    close: async () => {
      await port.close();
      await sandbox.close();
    },
  };
});

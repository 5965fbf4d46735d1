import { describePayment } from '../../conformance/payment.ts';
import { simulatorsOnDisk } from '../simulators-on-disk.ts';

describePayment('sandbox, in process', async () => {
  const opened = simulatorsOnDisk();
  return {
    port: opened.payment,
    faults: { set: (fault) => opened.faults.set(fault), clear: () => opened.faults.clear() },
    restart: opened.restart,
    ledger: async (key) => {
      const changes = opened.ledger().filter((entry) => entry.key === key);
      return changes.map(({ kind, amount, currency }) => ({ kind, amount, currency }));
    },
    close: opened.close,
  };
});

import { describeNotification } from '../../conformance/notification.ts';
import { simulatorsOnDisk } from '../simulators-on-disk.ts';

describeNotification('sandbox, in process', async () => {
  const opened = simulatorsOnDisk();
  return {
    port: opened.notification,
    faults: { set: (fault) => opened.faults.set(fault), clear: () => opened.faults.clear() },
    restart: opened.restart,
    count: async (orderId) => opened.messages(orderId).length,
    close: opened.close,
  };
});

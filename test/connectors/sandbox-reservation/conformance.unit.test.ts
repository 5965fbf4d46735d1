import { describeReservation } from '../../conformance/reservation.ts';
import { simulatorsOnDisk } from '../simulators-on-disk.ts';

describeReservation('sandbox, in process', async () => {
  const opened = simulatorsOnDisk();
  return {
    port: opened.reservation,
    faults: { set: (fault) => opened.faults.set(fault), clear: () => opened.faults.clear() },
    restart: opened.restart,
    close: opened.close,
  };
});

import type { Ports } from '../../connectors/ports/index.ts';
import { failpoint, failpointBefore, isArmed } from './failpoint.ts';
import { OUTSIDE_PORTS, type OutsidePort, PORT_POINTS } from './failpoints.ts';

/** The ports, with the failpoints of calls that leave the platform where one of them is armed. */
export function withFailpoints<P extends Ports>(ports: P): P {
  const watched = OUTSIDE_PORTS.filter((port) => PORT_POINTS.some((point) => isArmed(`${port}.${point}`)));
  return { ...ports, ...Object.fromEntries(watched.map((name) => [name, watching(name, ports[name])])) };
}

function watching<T extends object>(name: OutsidePort, port: T): T {
  return new Proxy(port, {
    get(target, member) {
      const call: unknown = Reflect.get(target, member);
      if (typeof call !== 'function') return call;
      return async (...args: unknown[]) => {
        const answer = await failpointBefore(`${name}.sent`, Reflect.apply(call, target, args) as Promise<unknown>);
        failpoint(`${name}.answered`);
        return answer;
      };
    },
  });
}

import { z } from 'zod';
import { answer, NOT_FOUND, refusal, type SandboxAnswer, type SandboxRequest } from './answer.ts';
import { FAULT_MODES, SYSTEMS, type FaultDial } from './faults.ts';

const MAX_LATENCY_MS = 120_000;

const FaultBody = z.object({
  system: z.enum(SYSTEMS),
  mode: z.enum(FAULT_MODES),
  rate: z.number().min(0).max(1).default(1),
  latencyMs: z.int().min(0).max(MAX_LATENCY_MS).default(0),
  count: z.int().min(1).nullable().default(null),
});
const System = z.enum(SYSTEMS).optional();

/** GET /faults, POST /faults, DELETE /faults[?system=]. */
export function faultRoutes(faults: FaultDial): (request: SandboxRequest) => SandboxAnswer {
  return ({ method, path, query, body }) => {
    if (path.length !== 1) return NOT_FOUND;
    if (method === 'POST') {
      const fault = FaultBody.safeParse(body);
      if (!fault.success) return refusal(400, 'invalid_fault', z.prettifyError(fault.error));
      faults.set(fault.data);
    } else if (method === 'DELETE') {
      const system = System.safeParse(query.get('system') ?? undefined);
      if (!system.success) return refusal(400, 'invalid_system', z.prettifyError(system.error));
      faults.clear(system.data);
    } else if (method !== 'GET') return NOT_FOUND;
    return answer(200, { faults: faults.list() });
  };
}

import { markdownTable } from '../../../topology/derive/markdown.ts';
import { figure } from './spread.ts';

export interface RestoreResult {
  orders: number;
  rebuild: { seconds: number; peakMb: number; cpuSeconds: { rebuild: number; redis: number; kafka: number } };
  pipelineStartSeconds: number;
  redisMemoryMb: number;
}

export const blocks = ({ orders, rebuild, pipelineStartSeconds, redisMemoryMb }: RestoreResult): Record<string, string> => ({
  restore: markdownTable(['what', 'measured'], [
    ['orders whose seats are held', figure(orders)],
    ['rebuild, s', figure(rebuild.seconds)],
    ['CPU of the process that rebuilds, of Redis, of Kafka, s', [rebuild.cpuSeconds.rebuild, rebuild.cpuSeconds.redis, rebuild.cpuSeconds.kafka].map(figure).join(', ')],
    ['greatest memory of the process that rebuilds, MB', figure(rebuild.peakMb)],
    ['memory of Redis then, MB', figure(redisMemoryMb)],
    ['start of a pipeline on an empty Redis until it is at work, s', figure(pipelineStartSeconds)],
  ]),
});

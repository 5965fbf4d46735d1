import { velocityConformance } from '../conformance/velocity.ts';
import { openMemoryVelocity } from './memory-velocity.ts';

velocityConformance('memory', async () => ({ velocity: openMemoryVelocity(), close: async () => {} }));

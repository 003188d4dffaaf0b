/**
 * Imported first by the command that works for long: under tsx the process that gets here only waits for another one, which does
 * the work (supervisor.ts says why). It never comes to what the command imports next.
 */
import { superviseWork } from './supervisor.ts';

await superviseWork('Stopping after this step');

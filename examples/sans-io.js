// Timers without a clock of their own: time is what you say it is.
import { instant, TimingWheel } from '@ringdown/sans-io';

const wheel = new TimingWheel(instant(0));
wheel.start({ timerFired: (name, now) => console.log(`${name} at ${now}`) }, 'timer A', 500);
wheel.expire(instant(499));
wheel.expire(instant(500));
// prints: timer A at 500

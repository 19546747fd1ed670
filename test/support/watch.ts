import type { TrainEvent, Trainer } from "likewise";

/** Everything a trainer says, kept. */
export function watch(trainer: Trainer): {
  readonly events: TrainEvent[];
  losses(): number[];
  of<T extends TrainEvent["type"]>(type: T): Extract<TrainEvent, { type: T }>[];
} {
  const events: TrainEvent[] = [];
  trainer.events$.subscribe((event) => events.push(event));
  return {
    events,
    losses: () => events.flatMap((event) => (event.type === "step" ? [event.loss] : [])),
    of: (type) => events.filter((event): event is Extract<TrainEvent, { type: typeof type }> => event.type === type),
  };
}

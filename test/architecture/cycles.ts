/**
 * Every group of files that import each other in a circle, as one shortest circle each; the strongly connected components of the
 * graph by Tarjan's algorithm. Names that are no key of the graph are ignored.
 */
export function cycles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  return components(graph)
    .map((members) => shortestCircle(graph, new Set(members)))
    .filter((circle) => circle.length > 0);
}

function components(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const found: string[][] = [];

  const visit = (name: string): number => {
    const own = order.size;
    order.set(name, own);
    lowest.set(name, own);
    open.push(name);
    isOpen.add(name);
    for (const next of graph.get(name) ?? []) {
      if (!graph.has(next)) continue;
      if (!order.has(next)) lower(name, visit(next));
      else if (isOpen.has(next)) lower(name, order.get(next) as number);
    }
    const reached = lowest.get(name) as number;
    if (reached === own) {
      const members = open.splice(open.indexOf(name));
      for (const member of members) isOpen.delete(member);
      found.push(members);
    }
    return reached;
  };
  const lower = (name: string, value: number): void => {
    lowest.set(name, Math.min(lowest.get(name) as number, value));
  };

  for (const name of graph.keys()) if (!order.has(name)) visit(name);
  return found;
}

/** The shortest way from the first member back to itself; empty when there is none. */
function shortestCircle(graph: ReadonlyMap<string, readonly string[]>, members: ReadonlySet<string>): string[] {
  const start = [...members].sort()[0] as string;
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const name of queue) {
    for (const next of graph.get(name) ?? []) {
      if (next === start) return wayTo(name, cameFrom);
      if (!members.has(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, name);
      queue.push(next);
    }
  }
  return [];
}

function wayTo(name: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [name];
  for (let previous = cameFrom.get(name); previous !== undefined; previous = cameFrom.get(previous))
    way.unshift(previous);
  return way;
}

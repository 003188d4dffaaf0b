/**
 * A binary heap: a list in which the parent of place i is place (i - 1) / 2 and never comes after its children.
 * `push` and `pop` move one item along one path of the tree, log2(size) steps (Williams 1964).
 *
 * Items cannot be changed or removed inside. Trainer and encoder use it lazily instead: they leave outdated items where they
 * are and throw them away when they come out.
 */
export class Heap<Item> {
  private readonly items: Item[] = [];
  private readonly before: (a: Item, b: Item) => boolean;

  /** `before(a, b)`: must a come out earlier than b? For a repeatable order it must decide between any two different items. */
  constructor(before: (a: Item, b: Item) => boolean) {
    this.before = before;
  }

  push(item: Item): void {
    const { items, before } = this;
    let place = items.length;
    items.push(item);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(item, items[parent]!)) break;
      items[place] = items[parent]!;
      place = parent;
    }
    items[place] = item;
  }

  /** The first item, removed; undefined from an empty heap. */
  pop(): Item | undefined {
    const { items, before } = this;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    const size = items.length;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && before(items[child + 1]!, items[child]!)) child++;
      if (!before(items[child]!, last)) break;
      items[place] = items[child]!;
      place = child;
    }
    items[place] = last;
    return first;
  }
}

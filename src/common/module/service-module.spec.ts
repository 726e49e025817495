import 'reflect-metadata';
import { partsOf, ServiceModule } from './service-module.js';

class Leaf {
  id: string;
}

class Root {
  id: string;
}

@ServiceModule({ name: 'leaf', entities: [Leaf], tags: { Leaf: 'Leaves.' } })
class LeafModule {}

@ServiceModule({ name: 'root', imports: [LeafModule], entities: [Root], tags: { Root: 'Roots.' } })
class RootModule {}

it('collects what modules and those they import bring, each once', () => {
  expect(partsOf([RootModule, LeafModule])).toEqual({
    entities: [Root, Leaf],
    migrations: [],
    errors: {},
    tags: { Root: 'Roots.', Leaf: 'Leaves.' },
  });
});

it('refuses two modules of one name', () => {
  @ServiceModule({ name: 'leaf' })
  class OtherModule {}
  expect(() => partsOf([LeafModule, OtherModule])).toThrow("Two modules are named 'leaf'.");
});

/* Plugins of Swagger UI, see https://swagger.io/docs/open-source-tools/swagger-ui/customization/plugin-api/. */

/**
 * Gives a list a box to add filters by name. Swagger UI compares every parameter of an operation with every other: with the
 * 300 filters of a list, each click on Execute would take seconds. So it learns of a filter only when that is added.
 */
export const addFiltersByName = ({ React }) => {
  const filtersOf = new Map();
  return {
    statePlugins: {
      spec: {
        wrapActions: {
          updateJsonSpec: (original) => (document) => original(withoutFilters(document, filtersOf)),
        },
      },
    },
    wrapComponents: {
      parameters: (Parameters) => (props) => {
        const { pathMethod, parameters, specActions } = props;
        const shown = React.createElement(Parameters, props);
        const filters = filtersOf.get(pathMethod.join());
        if (filters === undefined) return shown;
        const added = parameters.map((parameter) => parameter.get('name'));
        const names = [...filters.keys()].filter((name) => !added.includes(name));
        const place = ['paths', ...pathMethod, 'parameters'];
        const onAdd = (name) => specActions.updateResolvedSubtree(place, [...parameters.toJS(), filters.get(name)]);
        return React.createElement(
          React.Fragment,
          null,
          shown,
          React.createElement(AddFilter, { React, names, onAdd }),
        );
      },
    },
  };
};

/** The document without the filters of its lists, which go into `filtersOf`: of each operation, by name. */
function withoutFilters(document, filtersOf) {
  const paths = mapValues(document.paths ?? {}, (path, item) =>
    mapValues(item, (method, operation) => {
      const parameters = (operation.parameters ?? []).map((parameter) => resolved(document, parameter));
      const filters = new Map(parameters.filter(isFilter).map((filter) => [filter.name, filter]));
      if (filters.size === 0) return operation;
      filtersOf.set([path, method].join(), filters);
      return { ...operation, parameters: parameters.filter((parameter) => !isFilter(parameter)) };
    }),
  );
  return { ...document, paths };
}

const isFilter = (parameter) => parameter['x-filter'] === true;

function resolved(document, parameter) {
  return parameter.$ref === undefined ? parameter : document.components.parameters[parameter.$ref.split('/').pop()];
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(key, value)]));
}

function AddFilter({ React, names, onAdd }) {
  const list = React.useId();
  const add = ({ target }) => {
    if (!names.includes(target.value)) return;
    onAdd(target.value);
    target.value = '';
  };
  // While a name is typed it may be the beginning of a longer one; one that is picked from the list is whole.
  const isPicked = ({ inputType }) => inputType === undefined || inputType === 'insertReplacementText';
  return React.createElement(
    'label',
    { className: 'add-filter' },
    'Add a filter',
    React.createElement('input', {
      list,
      placeholder: 'Its name, such as total[gte]',
      onInput: (event) => isPicked(event.nativeEvent) && add(event),
      onKeyDown: (event) => event.key === 'Enter' && add(event),
      onBlur: add,
    }),
    React.createElement(
      'datalist',
      { id: list },
      names.map((name) => React.createElement('option', { key: name, value: name })),
    ),
  );
}

/** Understands a key that was copied together with the word before it in the header, as in `Bearer sk_…`. */
export const takeKeyWithScheme = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        authorize: (original) => (entries) =>
          original(Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, withoutScheme(entry)]))),
      },
    },
  },
});

function withoutScheme(entry) {
  if (typeof entry.value !== 'string') return entry;
  return { ...entry, value: entry.value.trim().replace(/^Bearer\s+/i, '') };
}

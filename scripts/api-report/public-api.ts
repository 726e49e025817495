import ts from 'typescript';

/** The paths that the package exports, and the files behind them. */
const ENTRIES: Readonly<Record<string, string>> = {
  '.': 'src/index.ts',
  './kit': 'src/common/index.ts',
  './opportunity': 'src/crm/opportunity/index.ts',
  './migrations': 'src/common/module/migrations.ts',
  './testing': 'src/testing/index.ts',
};

const FORMAT: ts.TypeFormatFlags =
  ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;
const EXPANDED: ts.TypeFormatFlags = FORMAT | ts.TypeFormatFlags.InTypeAlias;

/** Everything that modules can import, with its types, as text that can be compared. */
export function publicApi(): string {
  const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const program = ts.createProgram(Object.values(ENTRIES), options);
  const checker = program.getTypeChecker();
  const parts = Object.entries(ENTRIES).map(([path, file]) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const exported = module === undefined ? [] : checker.getExportsOfModule(module);
    const lines = exported.map((symbol) => describe(checker, symbol)).sort();
    return `## ${path}\n\n${lines.join('\n')}\n`;
  });
  return `# The public API\n\nWritten by \`npm run api-report\`; a test compares it with the code.\n\n${parts.join('\n')}`;
}

function describe(checker: ts.TypeChecker, exported: ts.Symbol): string {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const name = exported.getName();
  if (symbol.flags & ts.SymbolFlags.Class) return `class ${name}${membersOf(checker, symbol, isPublic)}`;
  if (symbol.flags & ts.SymbolFlags.Interface) return `interface ${name}${membersOf(checker, symbol, () => true)}`;
  if (symbol.flags & ts.SymbolFlags.TypeAlias) {
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    return `type ${name} = ${checker.typeToString(type, undefined, EXPANDED)}`;
  }
  return `${name}: ${checker.typeToString(checker.getTypeOfSymbol(symbol), undefined, FORMAT)}`;
}

function membersOf(checker: ts.TypeChecker, symbol: ts.Symbol, isShown: (member: ts.Symbol) => boolean): string {
  const { members = new Map<ts.__String, ts.Symbol>() } = symbol;
  const lines = [...members.values()]
    .filter((member) => !(member.flags & ts.SymbolFlags.TypeParameter) && isShown(member))
    .map((member) => {
      if (member.flags & ts.SymbolFlags.Constructor) return `  ${constructorOf(checker, symbol)}`;
      const optional = member.flags & ts.SymbolFlags.Optional ? '?' : '';
      return `  ${member.getName()}${optional}: ${checker.typeToString(checker.getTypeOfSymbol(member), undefined, FORMAT)}`;
    });
  return lines.length === 0 ? '' : ` {\n${lines.join('\n')}\n}`;
}

function constructorOf(checker: ts.TypeChecker, symbol: ts.Symbol): string {
  const signatures = checker.getTypeOfSymbol(symbol).getConstructSignatures();
  return signatures.map((signature) => `new ${checker.signatureToString(signature, undefined, FORMAT)}`).join('; ');
}

function isPublic(member: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return !member.declarations?.some((declaration) => ts.getCombinedModifierFlags(declaration) & hidden);
}

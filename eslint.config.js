import tseslint from 'typescript-eslint';

const javaScript = ['eslint.config.js', 'src/programs/spawner-main.js'];

export default tseslint.config(
  { ignores: ['node_modules', 'data', 'coverage'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: javaScript } } },
    rules: {
      // Numbers and booleans in messages are meant.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Loops that end by a signal or a return say so themselves.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      // What is left out of a copy is named and not used.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  { files: javaScript, ...tseslint.configs.disableTypeChecked },
);

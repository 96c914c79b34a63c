import tseslint from 'typescript-eslint'

// Biome formats and lints. What is left here is what needs the compiler's own types, across packages.
export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/reports/**',
      '**/node_modules/**',
      '**/coverage/**',
      'scripts/consumer/**',
      '**/*.test-d.ts',
      'docs/**',
      'data/**',
    ],
  },
  {
    files: ['{packages,examples}/*/{src,page,test,server}/**/*.{ts,tsx}', 'bench/**/*.ts', 'scripts/**/*.ts'],
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      // `void promise` says that a rejection is handled elsewhere or cannot happen.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
    },
  },
  { files: ['**/test/**'], rules: { '@typescript-eslint/no-misused-promises': 'off' } },
)

"""What mypy with the plugin must say, and what it must not: one file a feature.

`# N: type` is what `reveal_type` must show, `# E: message [code]` an error that must come; on the line itself, or in
comments right below it. Nothing else may be said. `tests/typing/test_plugin.py` holds mypy to it.
"""

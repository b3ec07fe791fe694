"""How findings are told: one file for each format, `formats` the table of them.

Each has one function, `render`: all findings in, the whole text for stdout out, empty where there is nothing to print.
May know of findings and rules; a format is imported when it is chosen, and rules when there is a finding to explain.
"""

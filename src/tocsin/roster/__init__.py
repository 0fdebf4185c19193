"""The constituency as a file: read it, check it, write it; YAML, JSON, CSV and XLSX.

Errors name sheet or line, column and reason, and are collected, not raised one by one.
"""

"""The official letter: the same content as a PDF to print and sign, and as a DOCX to finish by hand.

A form is a folder in `forms/`: data about an administrative form, and its Typst template. Needs the extra `letters`.
"""

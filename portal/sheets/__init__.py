"""Workbooks: lists written for Excel, and tables read from it without trust."""
from portal.sheets.reading import Heading, Row, Table, Value, day, read, words
from portal.sheets.writing import MOST, Cell, Column, Sum, Tinted, workbook

__all__ = ["MOST", "Cell", "Column", "Heading", "Row", "Sum", "Table", "Tinted", "Value", "day", "read", "words", "workbook"]

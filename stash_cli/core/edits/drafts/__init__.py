"""Drafts: edits of many objects that are collected first, checked again later, and then sent."""

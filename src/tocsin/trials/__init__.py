"""Trials: comparable findings are told in two ways by lot, and the difference is measured. Off unless somebody starts one."""

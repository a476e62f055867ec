"""What a program must satisfy: one function per invariant, named as the sentence it checks; `validate` runs all."""

from __future__ import annotations

from collections.abc import Callable

from symrnn.ir.agreement import (
    adjoints_are_named_after_what_they_differentiate,
    arguments_are_what_procedures_need,
    functions_exist_and_have_their_arguments,
    maps_agree_in_their_dimensions,
    panels_hold_what_products_multiply_by,
    procedures_write_only_what_is_theirs,
    products_agree_in_their_dimensions,
    reductions_agree_in_their_dimensions,
)
from symrnn.ir.elementwise import elements_are_computed_together
from symrnn.ir.flow import every_read_follows_a_write, everything_returned_is_written, operands_do_not_alias_the_result
from symrnn.ir.nodes import Program
from symrnn.ir.parts import threads_do_not_meet
from symrnn.ir.structure import (
    conditions_are_of_steps_that_occur,
    conditions_define_nothing,
    dimensions_are_over_named_sizes,
    every_reference_names_a_buffer,
    given_sizes_are_named_sizes,
    loops_are_not_nested_and_nothing_is_empty,
    names_are_identifiers_and_differ,
    procedures_have_their_names,
    rows_and_columns_lie_inside_their_buffers,
    sizes_follow_from_the_shapes_of_arguments,
    statements_use_named_sizes,
    steps_are_given_exactly_where_buffers_have_them,
    steps_lie_inside_their_buffers,
    the_first_size_counts_steps,
    there_is_something_to_compute,
    time_is_used_only_in_a_loop,
)

# in this order: each may rely on those before it
INVARIANTS: tuple[Callable[[Program], None], ...] = (
    names_are_identifiers_and_differ,
    procedures_have_their_names,
    the_first_size_counts_steps,
    given_sizes_are_named_sizes,
    dimensions_are_over_named_sizes,
    there_is_something_to_compute,
    every_reference_names_a_buffer,
    steps_are_given_exactly_where_buffers_have_them,
    time_is_used_only_in_a_loop,
    statements_use_named_sizes,
    steps_lie_inside_their_buffers,
    rows_and_columns_lie_inside_their_buffers,
    loops_are_not_nested_and_nothing_is_empty,
    conditions_are_of_steps_that_occur,
    conditions_define_nothing,
    functions_exist_and_have_their_arguments,
    products_agree_in_their_dimensions,
    panels_hold_what_products_multiply_by,
    maps_agree_in_their_dimensions,
    reductions_agree_in_their_dimensions,
    elements_are_computed_together,
    threads_do_not_meet,
    arguments_are_what_procedures_need,
    adjoints_are_named_after_what_they_differentiate,
    procedures_write_only_what_is_theirs,
    sizes_follow_from_the_shapes_of_arguments,
    every_read_follows_a_write,
    operands_do_not_alias_the_result,
    everything_returned_is_written,
)


def validate(program: Program) -> Program:
    """Return the program itself if it is well formed.

    Raises:
        IRError: an invariant is broken; the message names procedure and statement, what was found and what is needed.
    """
    for invariant in INVARIANTS:
        invariant(program)
    return program

-- Without "copy grants": a new table takes the future grants of its schema, which are all there are.
create or replace table {{ live }}.{{ table }} clone {{ rebuild }}.{{ table }};
